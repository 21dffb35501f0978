"""The examples of a request: curl, Python and TypeScript."""

import json
import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from weir.bffs.facades.credentials import Credentials
from weir.gateway.json_types import JSONValue

HOST: Final = "https://api.example"
"""Where the API is in examples; a script of the page replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A request with made-up values. `path` is a template with those in `segments`."""

    method: str
    path: str
    segments: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: JSONValue = None
    has_body: bool = False
    credential: tuple[str, str, str] | None = None
    """A header field, what is before the credential in it, and a variable with it."""

    @property
    def url(self) -> str:
        path = self.path
        for name, value in self.segments:
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{HOST}{path}{query}"


def sent_credential(credentials: Credentials) -> tuple[str, str, str] | None:
    """Return how examples send a credential, None if the API takes none."""
    if credentials.api_key_header:
        return credentials.api_key_header, "", "API_KEY"
    if credentials.has_tokens:
        return "Authorization", "Bearer ", "TOKEN"
    return None


def snippets(request: SampleRequest) -> tuple[tuple[str, str], ...]:
    """Return the languages and the examples in them."""
    return (
        ("curl", _curl(request)),
        ("Python", _python(request)),
        ("TypeScript", _typescript(request)),
    )


def _curl(request: SampleRequest) -> str:
    lines = [f"curl {shlex.quote(request.url)}"]
    if request.method != "GET":
        lines[0] = f"curl -X {request.method} {shlex.quote(request.url)}"
    if request.credential is not None:
        name, before, variable = request.credential
        lines.append(f'-H "{name}: {before}${variable}"')
    lines += [
        f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers
    ]
    if request.has_body:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {shlex.quote(_json(request.body))}")
    return " \\\n  ".join(lines)


def _python(request: SampleRequest) -> str:
    fields = [f"{name!r}: {value!r}" for name, value in request.headers]
    if request.credential is not None:
        name, before, variable = request.credential
        secret = f'os.environ["{variable}"]'
        fields.append(f"{name!r}: {f'{before!r} + ' if before else ''}{secret}")
    arguments = [f"{request.url!r}"]
    if fields:
        arguments.append(f"headers={{{', '.join(fields)}}}")
    if request.has_body:
        arguments.append(f"json={request.body!r}")
    imports = "import os\n\nimport httpx" if request.credential else "import httpx"
    lines = "".join(f"    {each},\n" for each in arguments)
    return (
        f"{imports}\n\nresponse = httpx.{request.method.lower()}(\n{lines})\n"
        "response.raise_for_status()\nprint(response.json())"
    )


def _typescript(request: SampleRequest) -> str:
    fields = [f"{_json(name)}: {_json(value)}" for name, value in request.headers]
    if request.credential is not None:
        name, before, variable = request.credential
        fields.append(f"{_json(name)}: `{before}${{process.env.{variable}}}`")
    if request.has_body:
        fields.append('"Content-Type": "application/json"')
    options = [f"method: {_json(request.method)}"]
    if fields:
        options.append(f"headers: {{ {', '.join(fields)} }}")
    if request.has_body:
        options.append(f"body: JSON.stringify({_json(request.body)})")
    lines = "".join(f"  {each},\n" for each in options)
    return (
        f"const response = await fetch({_json(request.url)}, {{\n{lines}}});\n"
        "if (!response.ok) throw new Error(`Status ${response.status}`);\n"
        "console.log(await response.json());"
    )


def _json(value: JSONValue) -> str:
    return json.dumps(value, ensure_ascii=False)
