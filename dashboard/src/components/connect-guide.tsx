import type { ReactNode } from 'react'
import { CodeBlock } from './code-block.tsx'

interface ConnectGuideProps {
  readonly otlpHttpUrl: string
}

/** Shown until the first span: the lines that connect a router, ready to be copied. */
export function ConnectGuide({ otlpHttpUrl }: ConnectGuideProps): ReactNode {
  return (
    <section className="connect" aria-labelledby="connect-title">
      <h2 id="connect-title">Waiting for the first span</h2>
      <p>
        The analyzer runs and listens on <code>{otlpHttpUrl}</code>. Nothing was ever sent to it:
        connect what routes your requests. The page fills by itself.
      </p>
      <ol className="connect-ways">
        <li>
          <h3>LiteLLM, its OpenTelemetry callback</h3>
          <p>
            In its <code>config.yaml</code>:
          </p>
          <CodeBlock label="the LiteLLM settings" text={LITELLM_SETTINGS} />
          <p>In its environment, then restart it:</p>
          <CodeBlock label="the LiteLLM environment" text={litellmEnvironment(otlpHttpUrl)} />
        </li>
        <li>
          <h3>LiteLLM, the second generation of its spans</h3>
          <p>Releases that know it (1.90 and later) tell more. The same as above, and:</p>
          <CodeBlock label="the v2 switch" text="LITELLM_OTEL_V2=true" />
          <p>
            Give the analyzer the same <code>config.yaml</code>, so that it knows which routes have
            fallbacks:
          </p>
          <CodeBlock
            label="the analyzer command"
            text="secondwind analyzer --router-config config.yaml"
          />
        </li>
        <li>
          <h3>The Secondwind sidecar</h3>
          <p>It reads LiteLLM's own file and sends its spans here.</p>
          <CodeBlock label="the serve command" text="secondwind serve --config config.yaml" />
          <p>Your client changes one line:</p>
          <CodeBlock
            label="the client line"
            text={"client = OpenAI(base_url='http://127.0.0.1:4100/v1')"}
          />
        </li>
      </ol>
    </section>
  )
}

const LITELLM_SETTINGS = `litellm_settings:
  callbacks: ["otel"]`

function litellmEnvironment(otlpHttpUrl: string): string {
  return `OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttpUrl}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`
}
