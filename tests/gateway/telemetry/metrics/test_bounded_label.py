"""Label values from outside: the first so many, and one for the rest."""

from weir.gateway.telemetry.metrics.bounded_label import BoundedLabel


def test_values_beyond_the_bound_are_other_and_those_known_stay() -> None:
    label = BoundedLabel(2)

    assert [label.label(each) for each in "abcab"] == ["a", "b", "other", "a", "b"]
