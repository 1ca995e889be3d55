import type { SidecarConfig } from '../config/config.ts'

/** What clients can ask for, as OpenAI lists it and near to how Anthropic does (`data[].id`). */
export function modelList(config: SidecarConfig): object {
  return {
    object: 'list',
    data: config.listedModels.map((id) => ({
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
