"""`weir serve --watch` serves changed files, as Kubernetes and editors write them."""

from pathlib import Path

from tests.support.gateway import Gateway, running_gateway

CONFIG = """
server:
  port: ${WEIR_PORT}
  control: ${WEIR_CONTROL}
upstreams: {books: {instances: ["http://127.0.0.1:9"]}}
subgraphs: {books: {upstream: books, sdl: books.graphql}}
facades: {web: {path: PATH}}
"""


def volume(folder: Path, name: str, path: str) -> None:
    """Write a version of the files into a folder of its own, as for a ConfigMap."""
    version = folder / name
    version.mkdir()
    (version / "weir.yaml").write_text(CONFIG.replace("PATH", path))
    (version / "books.graphql").write_text("type Query { book: String }")
    link = folder / "..next"
    link.symlink_to(name)
    link.rename(folder / "..data")


async def generation(gateway: Gateway) -> str:
    return str((await gateway.logged("generation_changed"))["after"])


async def test_a_new_version_of_a_config_map_is_served(tmp_path: Path) -> None:
    volume(tmp_path, "..1", "/web")
    for file in ("weir.yaml", "books.graphql"):
        (tmp_path / file).symlink_to(f"..data/{file}")

    async with running_gateway(
        tmp_path / "weir.yaml", arguments=["--watch"]
    ) as gateway:
        first = await generation(gateway)
        volume(tmp_path, "..2", "/shop")

        assert await generation(gateway) != first


async def test_a_broken_file_is_rejected_and_its_repair_is_served(
    tmp_path: Path,
) -> None:
    file = tmp_path / "weir.yaml"
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    file.write_text(CONFIG.replace("PATH", "/web"))

    async with running_gateway(file, arguments=["--watch"]) as gateway:
        first = await generation(gateway)
        (tmp_path / "books.graphql").write_text("type Query {")
        rejected = await gateway.logged("config_rejected")
        (tmp_path / "books.graphql").write_text("type Query { title: String }")

        assert "books.graphql" in str(rejected)
        assert await generation(gateway) != first
