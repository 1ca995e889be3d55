import type { SidecarConfig } from '../config/config.ts'

/** The routes, as OpenAI lists models and near enough to how Anthropic does (`data[].id`). */
export function modelList(config: SidecarConfig): object {
  return {
    object: 'list',
    data: [...config.routes.keys()].map((id) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: 'secondwind',
      type: 'model',
      display_name: id,
    })),
    has_more: false,
  }
}
