"""Every way to get weir.yaml wrong: one line that names the place and the way out."""

from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.root import Config


def decode(tmp_path: Path, text: str, **environment: str) -> Config:
    file = tmp_path / "weir.yaml"
    file.write_text(text)
    return load_config(file, environment).config


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        decode(tmp_path, text)
    return [
        str(each).removeprefix(f"{tmp_path / 'weir.yaml'}:")
        for each in caught.value.problems
    ]


GOOD = """
server: {port: 4100, drain_delay: 250ms}
upstreams:
  catalog:
    instances: [http://127.0.0.1:5101, {url: http://127.0.0.1:5102, weight: 2}]
    timeout: {attempt: 1500ms}
    retry: {budget: 20%}
subgraphs:
  catalog: {upstream: catalog}
facades:
  mobile:
    path: /mobile
    device: {arguments: {"Image.url(width:)": {default: 320, max: 640}, "Q.p(n:)": 10}}
"""


def test_a_good_file_is_decoded_with_units_and_short_forms(tmp_path: Path) -> None:
    config = decode(tmp_path, GOOD)

    catalog = config.upstreams["catalog"]
    assert config.server.drain_delay == 0.25
    assert [(each.url, each.weight) for each in catalog.instances] == [
        ("http://127.0.0.1:5101", 1),
        ("http://127.0.0.1:5102", 2),
    ]
    assert (catalog.timeout.attempt, catalog.retry.budget) == (1.5, 0.2)
    rules = config.facades["mobile"].device.arguments
    assert (rules["Image.url(width:)"].max, rules["Q.p(n:)"].default) == (640, 10)


PIN = "3yLCJ5yKCWYcCCUlmRiCWfRMB4zJVGVs5f8mJ7oO7Y0="
OTHER_PIN = "XH0gyMNKxzYKPbNGYVFHbqNLbCh7LzLYKWD4+U+FkQ8="


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servr: {}", '1:1: servr: unknown key; did you mean "server"?'),
        (
            "server: {qqq: 1}",
            "1:10: server.qqq: unknown key; expected one of bodies, cache, compiled_",
        ),
        (
            "server:\n  port: many",
            "2:3: server.port: Input should be a valid integer, unable to parse string"
            " as an integer, got 'many'",
        ),
        (
            "server: {port: 70000}",
            "1:10: server.port: Input should be less than or equal to 65535, got 70000",
        ),
        (
            "server: {drain_delay: 5}",
            '1:10: server.drain_delay: write a duration with its unit, such as "250ms",'
            ' "5s" or "2m", got 5',
        ),
        (
            "server: {max_body: 5}",
            "1:10: server.max_body: write a size with its unit",
        ),
        (
            "server: {max_body: 33MiB}",
            "1:1: server: expected `bodies` to be twice `max_body` or more",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:1], max_response: 17MiB}",
            "2:32: upstreams.a.max_response: needs `server.replies` of 68MiB or more,"
            " which is 64MiB",
        ),
        (
            "limits: {response: 33MiB}",
            "1:10: limits.response: needs `server.replies` of 66MiB or more, which is"
            " 64MiB",
        ),
        (
            "server: {replies: 15MiB}",
            "1:1: limits.response: needs `server.replies` of 16MiB or more, which is"
            " 15MiB",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:1], retry: {budget: 0.2}}",
            "2:40: upstreams.a.retry.budget: write a share as a percentage",
        ),
        (
            "upstreams:\n  a: {}",
            "2:3: upstreams.a: expected either `instances` or `discovery`",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:1], discovery: {dns: {name: h}}}",
            "2:3: upstreams.a: expected either `instances` or `discovery`",
        ),
        (
            "geo: {files: [city.mmdb]}",
            "1:1: geo: has no effect; set `send`, or use `request.country` in",
        ),
        (
            "routes:\n  r: {path: /, when: {cel: request.country == ''},"
            " respond: {status: 200}}",
            "2:23: routes.r.when.cel: `request.country` does not exist",
        ),
        (
            "upstreams:\n  a: {discovery: {max_removed: 10%}}",
            "2:7: upstreams.a.discovery: expected one of `dns`, `consul`, `etcd`,",
        ),
        (
            "upstreams:\n  a: {discovery: {dns: {name: h}, file: {path: f}}}",
            "2:7: upstreams.a.discovery: expected one of `dns`, `consul`, `etcd`,",
        ),
        (
            "upstreams:\n  a: {discovery: {consul: {url: http://h, service: s"
            ", ca: c}}}",
            "2:19: upstreams.a.discovery.consul: `ca` is only used with `https` in",
        ),
        (
            "upstreams:\n  a: {discovery: {etcd: {url: 'http://h', prefix: /, ca: c}}}",
            "2:19: upstreams.a.discovery.etcd: `ca` is only used with `https` in",
        ),
        (
            "upstreams:\n  a: {discovery: {dns: {name: h, records: srv, port: 80}}}",
            "2:19: upstreams.a.discovery.dns: `port` has no effect with `records: srv`",
        ),
        (
            "facades:\n  a: {path: /a, versions: {v1: {operations: x, sunset: soon}}}",
            "2:28: facades.a.versions.v1: `sunset` must be a day such as",
        ),
        (
            "upstreams:\n  a: {discovery: {etcd: {url: http://e:1, prefix: /a,"
            " username: u}}}",
            "2:19: upstreams.a.discovery.etcd: expected `username` and `password`",
        ),
        (
            "upstreams:\n  a: {discovery: {kubernetes: {service: ../secrets}}}",
            "2:32: upstreams.a.discovery.kubernetes.service: expected a name of",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:1], proxy: http://p:1}",
            "2:3: upstreams.a: a proxy needs `transport: httpx`",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:1, http://h:1/]}",
            "2:3: upstreams.a: http://h:1 is listed twice; set its weight",
        ),
        (
            "upstreams:\n  a: {instances: [http://h:99999]}",
            "2:19: upstreams.a.instances.0.url:",
        ),
        (
            "server: {trusted_proxies: [10.0.0.0/33]}",
            "1:28: server.trusted_proxies.0: expected an address or a network such as"
            " \"10.0.0.0/8\", got '10.0.0.0/33'",
        ),
        (
            "upstream_defaults: {headers: {forward: [Host]}}",
            "1:41: upstream_defaults.headers.forward.0: this header field cannot be"
            " forwarded from clients, got 'Host'",
        ),
        (
            "upstreams:\n  a: {instances: [127.0.0.1:5101]}",
            '2:19: upstreams.a.instances.0.url: expected an origin such as "http://'
            "10.0.0.1:5101\", got '127.0.0.1:5101'",
        ),
        (
            "upstreams:\n  catalog: {instances: [http://h:1]}\n"
            "subgraphs:\n  c: {upstream: catalgo}",
            '4:7: subgraphs.c.upstream: unknown upstream "catalgo"; did you mean'
            ' "catalog"?',
        ),
        (
            "subgraphs:\n  c: {sdl: c.graphql}",
            "2:3: subgraphs.c: expected either `upstream` or `python`",
        ),
        (
            "facades:\n  a: {path: /x}\n  b: {path: /x}",
            "3:7: facades.b.path: façade \"a\" already has the path '/x'",
        ),
        (
            "facades:\n  a: {path: /x/}",
            '2:7: facades.a.path: it must not end with "/": write "/x"',
        ),
        (
            "facades:\n  a: {path: x}",
            '2:7: facades.a.path: it must begin with "/": write "/x"',
        ),
        (
            "facades:\n  a: {path: /a%20b}",
            "2:7: facades.a.path: 'a%20b': it is compared after decoding: write it",
        ),
        (
            "facades:\n  a: {path: '/x/{id}'}",
            "2:7: facades.a.path: only the paths of operations have parameters, got",
        ),
        (
            "geo: {files: [city.mmdb], send: [country, asn, country]}",
            '1:27: geo.send: "country" is listed twice',
        ),
        (
            "server: {control: 18441}",
            '1:10: server.control: expected a string: "host:port", got 18441',
        ),
        ("- 1", "1:1: the file: expected keys and values"),
        ("a: [1", "1:6: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\na: 2", "2:1: a: duplicate key, first defined on line 1"),
        (
            "server: {host: '${NOWHERE}'}",
            "1:10: server.host: the environment variable NOWHERE is not set; set it, or"
            " give a default: ${NOWHERE:-value}",
        ),
        (
            'upstreams: {a: {instances: ["http://h:1"], hash_on: {source: cookie}}}',
            "1:44: upstreams.a.hash_on: `name` is required for header and",
        ),
        (
            f'upstreams: {{a: {{instances: ["https://h"], tls: {{pins: [{PIN}]}}}}}}',
            "1:43: upstreams.a.tls: pins: a second, different pin is missing",
        ),
        (
            "upstreams: {a: {tls: {pins: [c2hvcnQ=]}}}",
            "1:30: upstreams.a.tls.pins.0: expected the 44 characters of a SHA-256",
        ),
        (
            "upstreams: {a: {instances: ['https://a', 'http://h'],"
            f" tls: {{pins: [{PIN}, {OTHER_PIN}]}}}}}}",
            "1:61: upstreams.a.tls.pins: have no effect on http://h",
        ),
        (
            "upstreams: {a: {discovery: {dns: {name: h, scheme: http}},"
            f" tls: {{pins: [{PIN}, {OTHER_PIN}]}}}}}}",
            "1:66: upstreams.a.tls.pins: have no effect on http://a",
        ),
        (
            'upstreams: {a: {instances: ["http://h:1"], hash_on: {source: path}}}',
            "1:44: upstreams.a.hash_on: only used with `balancing: consistent_hash`,"
            " which is not set",
        ),
        (
            "subgraphs: {a: {upstream: u, balancing: random}}",
            "1:30: subgraphs.a.balancing: unknown key; expected one of",
        ),
        (
            'upstreams: {a: {instances: ["http://h:1"], operations: {Home: {qqq: 1}}}}',
            "1:64: upstreams.a.operations.Home.qqq: unknown key; expected one of"
            " breaker,",
        ),
    ],
)
def test_a_problem_names_its_line_and_what_was_expected(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert complaints(tmp_path, text)[0].startswith(expected)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    found = complaints(tmp_path, "server: {port: x, hosst: y}\nlimits: {depth: 0}")

    assert len(found) == 3


def test_many_problems_are_counted(tmp_path: Path) -> None:
    unknown = "\n".join(f"  key{n}: 1" for n in range(70))

    for text in (f"server:\n{unknown}", f"server:\n{unknown}".replace(": 1", ": ${X}")):
        with pytest.raises(ConfigError) as refused:
            decode(tmp_path, text)
        lines = str(refused.value).splitlines()
        assert len(lines) == 51
        assert lines[-1].endswith("and 20 more problems")


def test_values_come_from_the_environment_or_their_default(tmp_path: Path) -> None:
    text = "server: {host: '${H:-0.0.0.0}', port: '${P}', probes: '${C:-h:1}'}"

    config = decode(tmp_path, text, P="4200", C="h:2")

    assert config.server.host == "0.0.0.0"  # noqa: S104 - only decoded, never bound
    assert (config.server.port, config.server.probes) == (4200, "h:2")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"weir.yaml: cannot be read: No such file"):
        load_config(tmp_path / "weir.yaml", {})


def test_the_same_path_of_two_facades_is_refused_with_both_places(
    tmp_path: Path,
) -> None:
    text = "facades:\n  a: {path: /x}\n  b: {path: /x}"

    assert complaints(tmp_path, text) == [
        "3:7: facades.b.path: façade \"a\" already has the path '/x'",
        "2:7: facades.a.path: '/x' is used here",
    ]
