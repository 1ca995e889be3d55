"""Reads replayed cells with the official Python clients, raw and by their helpers.

stdin: JSON lines {"index", "api", "url"}; stdout: JSON lines {"index", "name", "kind", "text", "error"}.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai

PROMPT = [{"role": "user", "content": "Count to twenty-four."}]


def chat_raw(url, seen):
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    for chunk in client.chat.completions.create(model="asked", messages=PROMPT, stream=True):
        for choice in chunk.choices:
            seen["text"] += choice.delta.content or ""
            if choice.finish_reason is not None:
                seen["finished"] = True


def chat_helper(url, seen):
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    with client.chat.completions.stream(model="asked", messages=PROMPT) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    seen["text"] = completion.choices[0].message.content or ""
    seen["finished"] = completion.choices[0].finish_reason is not None


def responses_raw(url, seen):
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    for event in client.responses.create(model="asked", input=PROMPT, stream=True):
        if event.type == "response.output_text.delta":
            seen["text"] += event.delta
        if event.type in ("response.completed", "response.incomplete"):
            seen["finished"] = True


def responses_helper(url, seen):
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    with client.responses.stream(model="asked", input=PROMPT) as stream:
        for _ in stream:
            pass
        response = stream.get_final_response()
    seen["text"] = response.output_text
    seen["finished"] = response.status in ("completed", "incomplete")


def messages_raw(url, seen):
    client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    for event in client.messages.create(
        model="asked", max_tokens=500, messages=PROMPT, stream=True
    ):
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            seen["text"] += event.delta.text
        if event.type == "message_stop":
            seen["finished"] = True


def messages_helper(url, seen):
    client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    with client.messages.stream(model="asked", max_tokens=500, messages=PROMPT) as stream:
        for _ in stream:
            pass
        message = stream.get_final_message()
    seen["text"] = "".join(block.text for block in message.content if block.type == "text")
    seen["finished"] = message.stop_reason is not None


READERS = {
    "chat": {"openai (Python), raw": chat_raw, "openai (Python), helper": chat_helper},
    "responses": {
        "openai (Python), responses raw": responses_raw,
        "openai (Python), responses helper": responses_helper,
    },
    "messages": {
        "anthropic (Python), raw": messages_raw,
        "anthropic (Python), helper": messages_helper,
    },
}


def read(cell):
    for name, reader in READERS[cell["api"]].items():
        seen = {"text": "", "finished": False}
        try:
            reader(cell["url"], seen)
            kind, error = ("complete" if seen["finished"] else "silent"), None
        except Exception as raised:  # Whatever a client raises is what its program sees.
            kind, error = "raised", f"{type(raised).__name__}: {raised}"
        yield {
            "index": cell["index"],
            "name": name,
            "kind": kind,
            "text": seen["text"],
            "error": error,
        }


with ThreadPoolExecutor(4) as pool:
    for reads in pool.map(lambda cell: list(read(cell)), map(json.loads, sys.stdin)):
        for one in reads:
            print(json.dumps(one), flush=True)
