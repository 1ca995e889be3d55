/**
 * What one export request may cost us (invariant I9). Each limit is far above what real senders do
 * and far below what would hurt; what happens at it is said beside it.
 */

/** Of nested attribute values. SDKs nest one or two deep; a deeper span is rejected. */
export const VALUE_DEPTH_MAX = 64

/**
 * Of brackets in OTLP/JSON text, looked at before it is parsed: an attribute value spends four of
 * them per level, the envelope about ten. Deeper text is malformed.
 */
export const JSON_DEPTH_MAX = 4 * VALUE_DEPTH_MAX + 16

/**
 * Of one body. Small spans are larger in memory than on the wire: a 64 MiB body of real spans (600
 * bytes each and more) stays below these, a body made to exhaust us does not get past them.
 */
export const SPANS_MAX = 200_000
export const VALUES_MAX = 4_000_000
/**
 * Of what is kept of one body: a shape can be longer than the few characters that it stands for.
 * Spans beyond it are rejected.
 */
export const KEPT_BYTES_MAX = 128 * 1024 * 1024

/** Of opening brackets and commas, which is about the number of values `JSON.parse` makes. */
export const JSON_NODES_MAX = 12_000_000

/** The default of OpenTelemetry's SDKs; a span's further attributes are dropped. */
export const ATTRIBUTES_MAX = 128
export const EVENTS_MAX = 128
export const LINKS_MAX = 128

/** UTF-16 units of one stored text. Stack traces and error bodies rarely pass a tenth of it. */
export const VALUE_CHARS_MAX = 32 * 1024

/** What W3C Trace Context has every party keep. */
export const TRACE_STATE_CHARS_MAX = 512

/** Span, event and scope names are labels: nobody reads more. */
export const NAME_CHARS_MAX = 256
