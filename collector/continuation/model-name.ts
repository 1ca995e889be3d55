import type { DeploymentConfig } from '../config/config.ts'

export type NamedModel = Pick<DeploymentConfig, 'model' | 'baseModel'>

/** What tells a model's family: LiteLLM's `base_model`, for Azure's names are its owner's own. */
export function modelName({ model, baseModel }: NamedModel): string {
  return (baseModel ?? model).toLowerCase()
}
