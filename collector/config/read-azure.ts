import type { AzureConfig, DeploymentConfig } from './config.ts'
import type { DeploymentParams } from './deployment-params.ts'
import { Secret } from './secret.ts'

/** Azure's Responses API begins here; before it there is Chat only. */
const RESPONSES_SINCE = '2025-03-01'

const VERSION = /^(?:v1|latest|preview|\d{4}-\d{2}-\d{2}(?:-[a-z]+)?)$/

export function readAzure(params: DeploymentParams): AzureConfig {
  const { reader } = params
  const path = params.find('api_version')
  const given = path && reader.string(path)
  if (path !== undefined && given !== undefined && !VERSION.test(given)) {
    reader.fail({
      code: 'CONFIG_WRONG_TYPE',
      path,
      message: `expected a version such as 2024-10-21, or v1, preview or latest, found "${given}"`,
    })
  }
  const apiVersion = given ?? reader.environment('AZURE_API_VERSION')
  const usual = reader.environment('AZURE_AD_TOKEN')
  const adToken =
    params.secret('azure_ad_token') ?? (usual === undefined ? undefined : new Secret(usual))
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(adToken !== undefined && { adToken }),
  }
}

/** Whether a deployment of this version answers `/responses`. */
export function azureApis(
  { apiVersion }: AzureConfig,
  apis: DeploymentConfig['apis'],
): DeploymentConfig['apis'] {
  const isDated = apiVersion !== undefined && /^\d/.test(apiVersion)
  return isDated && apiVersion < RESPONSES_SINCE ? ['chat'] : apis
}
