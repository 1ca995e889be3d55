/** The place of a value in a configuration, from its root. */
export type PathPart = string | number
export type Path = readonly PathPart[]

/** `model_list[0].litellm_params.timeout` */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w*/.:@-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}
