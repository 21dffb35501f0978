import gc

from weir.schema import Composed, Subgraph, compose

FIELDS = " ".join(f"f{number}: Int" for number in range(200))


def test_composing_does_not_pause_the_callers_garbage_collector() -> None:
    collections: list[str] = []
    before = gc.get_threshold()

    def count(phase: str, info: dict[str, int]) -> None:
        del info
        collections.append(phase)

    gc.callbacks.append(count)
    gc.set_threshold(100)
    try:
        composed = compose([Subgraph(name="a", sdl=f"type Query {{ {FIELDS} }}")])
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(count)

    assert isinstance(composed, Composed)
    assert len(collections) > 10
