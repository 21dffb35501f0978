"""A load told apart by what was done meanwhile, as a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from examples.streaming.load import LoadReport

COLUMNS = "  sent failed  wrong   p50 ms   p99 ms   max ms"


@dataclass(frozen=True)
class Phase:
    """What became of the reads that were answered in one stretch of time."""

    name: str
    note: str
    report: LoadReport

    def line(self, width: int) -> str:
        report = self.report
        return (
            f"{self.name:{width}} {report.sent:6} {report.failed:6} {report.wrong:6}"
            f" {report.latency_ms(0.5):8.1f} {report.latency_ms(0.99):8.1f}"
            f" {report.latency_ms(1):8.1f}  {self.note}"
        )


@dataclass
class Phases:
    """Cuts a growing report into phases; what is in flight counts where it ends."""

    report: LoadReport
    done: list[Phase] = field(default_factory=list)

    def end(self, name: str, note: str = "") -> LoadReport:
        """End the phase that began with the end of the one before."""
        before = [each.report for each in self.done]
        seen = sum(len(each.latencies_s) for each in before)
        part = LoadReport(
            sent=self.report.sent - sum(each.sent for each in before),
            failed=self.report.failed - sum(each.failed for each in before),
            wrong=self.report.wrong - sum(each.wrong for each in before),
            latencies_s=self.report.latencies_s[seen:],
        )
        self.done.append(Phase(name, note, part))
        return part

    def table(self, title: str) -> Iterator[str]:
        width = max(len(each.name) for each in self.done)
        yield f"\n\n{title}\n"
        yield f"{'':{width}} {COLUMNS}"
        for each in self.done:
            yield each.line(width)
        yield Phase("in all", "", self.report).line(width)
        yield from self.report.problems
