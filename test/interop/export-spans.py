"""Exports spans as an application would: export-spans.py PROTOCOL URL COMPRESSION COUNT.

Prints one JSON line: the trace of the last span, and what was logged at ERROR.
"""

import json
import logging
import sys

protocol, url, compression, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

if protocol == "http":
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(
        endpoint=url + "/v1/traces", compression=Compression(compression), timeout=30
    )
else:
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    how = Compression.Gzip if compression == "gzip" else Compression.NoCompression
    exporter = OTLPSpanExporter(endpoint=url, insecure=True, compression=how, timeout=30)

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode


class Errors(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


errors = Errors()
logging.getLogger().addHandler(errors)

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=512))
tracer = provider.get_tracer("app", "1.2.3")
trace_id = ""
for index in range(count):
    with tracer.start_as_current_span("work", attributes={"index": index, "list": ["x", "y"]}) as span:
        span.set_status(StatusCode.ERROR, "broke")
        trace_id = format(span.get_span_context().trace_id, "032x")
provider.force_flush(60_000)
provider.shutdown()
print(json.dumps({"traceId": trace_id, "errors": errors.messages}))
