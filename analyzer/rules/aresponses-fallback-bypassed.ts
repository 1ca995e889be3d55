import { findBypass } from './bypass.ts'
import type { Rule } from './rule.ts'
import { SIDECAR_BEHIND_LITELLM } from './sidecar-behind-litellm.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #28216: `Router.aresponses` hands its stream out without the fallback around it. */
export const aresponsesFallbackBypassed: Rule = {
  id: 'aresponses-fallback-bypassed',
  severity: 'high',
  title: 'Fallback skipped on /v1/responses',
  description:
    'A Responses request failed in a way that its configured fallback is there for, and no other target was asked.',
  opensWhenRescued: false,
  needs: ['outcome', 'attempt-failure', 'every-attempt', 'fallbacks-configured'],
  remedy: {
    stopItNow: {
      text: 'Send the clients of {route} to {fallback} by hand: swap the two in `model_list` and restart, or change the `model` that the clients ask for; no setting of LiteLLM makes this path fall back.',
      snippet: {
        language: 'yaml',
        code: [
          'model_list: # instead of the deployment that fails',
          '  - model_name: {route}',
          '    litellm_params: { model: <provider>/<model> } # those of {fallback}',
        ].join('\n'),
      },
    },
    fixIt: {
      text: 'LiteLLM: 1.109 falls back on in-band errors of /v1/responses; on native deployments not on a cut after output, and on no time-out; before 1.87 nothing does. Upgrade, use /v1/chat/completions for {route}, or put the sidecar behind LiteLLM (`api_base` of the deployment): it keeps the failure from ever reaching LiteLLM. Sidecar: where it stopped after content, see `secondwind.continuation` of {route}.',
      snippet: SIDECAR_BEHIND_LITELLM,
    },
    verify: verifyStep('aresponses-fallback-bypassed'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'Native: nothing falls back once headers came; an error event or a cut is passed through. Bridged: 1.90 continues after an error event, 1.83 does not.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      to: '1.97',
      text: 'Native falls back on error events, by beginning the stream twice, and on no cut or silence. Bridged falls back on nothing after headers: an upgrade from 1.90 takes its rescue away.',
    },
    {
      gateway: 'litellm',
      from: '1.109',
      text: 'Bridged falls back on everything that was tried, native on all but cuts after output and time-outs; a rescue after output begins the stream twice, which the OpenAI SDK rejects.',
    },
  ],
  evaluate: (story) => (story.api === 'responses' ? findBypass(story) : undefined),
}
