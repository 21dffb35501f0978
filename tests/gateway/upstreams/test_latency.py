import pytest

from gateway.upstreams.latency import DECAY_S, PeakEwma


def test_a_peak_counts_at_once_and_quickness_only_with_time() -> None:
    latency = PeakEwma()

    latency.observe(0.010, 0.0)
    latency.observe(2.0, 0.0)
    assert latency.value_s(0.0) == 2.0
    latency.observe(0.010, 0.1)
    assert latency.value_s(0.1) > 1.9
    for tick in range(1, 600):
        latency.observe(0.010, 0.1 + tick / 10)
    assert latency.value_s(60.0) == pytest.approx(0.010, rel=0.6)


def test_a_bad_memory_fades_while_nobody_asks() -> None:
    latency = PeakEwma()
    latency.observe(1.0, 0.0)

    assert latency.value_s(DECAY_S) == pytest.approx(0.368, rel=0.01)
    assert latency.value_s(10 * DECAY_S) < 0.001
