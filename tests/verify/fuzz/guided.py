"""One target in a process of its own, fuzzed by atheris, guided by Weir's coverage.

    python -m tests.verify.fuzz.guided TARGET INPUTS DIRECTORY

It writes the outcomes, and the inputs to confirm, into DIRECTORY/findings.json.
libFuzzer ends the process if an input takes longer than 20 seconds.
"""

import sys
from pathlib import Path
from typing import Final

import atheris
import orjson

with atheris.instrument_imports(include=["weir"]):
    from tests.support.fuzzing.findings import Findings
    from tests.support.fuzzing.targets import TARGETS

_LONGEST_S: Final = 20


def main() -> None:
    name, inputs, directory = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    target = TARGETS[name]
    findings = Findings(target)

    def one(data: bytes) -> None:
        findings.add(data)
        if findings.inputs == inputs:
            _write(findings, directory / "findings.json")

    seeds, corpus = directory / "seeds", directory / "corpus"
    for each in (seeds, corpus):
        each.mkdir(parents=True)
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
    tokens = directory / "tokens"
    tokens.write_text("\n".join(_quoted(token) for token in target.tokens))
    options = [
        f"-runs={inputs + 10}",  # the first run has no input
        f"-max_len={target.largest}",
        f"-timeout={_LONGEST_S}",
        f"-dict={tokens}",
        f"-artifact_prefix={directory}/",
        "-seed=1",
        "-verbosity=0",
        "-print_final_stats=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus), str(seeds)], one)
    atheris.Fuzz()


def _quoted(token: bytes) -> str:
    """Return a token in the syntax of libFuzzer's dictionaries."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"'


def _write(findings: Findings, path: Path) -> None:
    path.write_bytes(
        orjson.dumps(
            {
                "outcomes": dict(findings.outcomes),
                "broken": [each.hex() for each in findings.broken],
                "slow": [each.hex() for _, each in findings.slow],
            }
        )
    )


if __name__ == "__main__":
    main()
