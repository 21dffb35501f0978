"""A façade's pages as seen from one of them: their links, and the files they load."""

from dataclasses import dataclass, replace

from weir.bffs.facades.credentials import Credentials
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.openapi.api import rest_apis
from weir.bffs.facades.pages.assets import Assets


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The pages of a façade. URLs are relative, so that a proxy may add a prefix.

    `base` leads from the page to the path of the façade: "" or "../". `versions` are
    those of its REST API with a page, with "" for one without versions.
    """

    name: str
    base: str = ""
    has_schema: bool
    has_plan: bool
    versions: tuple[str, ...]
    credentials: Credentials
    assets: Assets
    development: bool

    @classmethod
    def of(cls, facade: Facade, assets: Assets) -> "Site":
        return cls(
            name=facade.name or "weir",
            has_schema=facade.engine.view.introspection,
            has_plan=facade.has_plan,
            versions=tuple(rest_apis(facade)) if facade.has_openapi else (),
            credentials=facade.credentials,
            assets=assets,
            development=facade.development,
        )

    def below(self) -> "Site":
        """Return the site as seen from a page one segment further below."""
        return replace(self, base=f"{self.base}../")

    def asset(self, name: str) -> str:
        """Return the URL of a file."""
        return f"{self.base}pages/{self.assets.version}/{name}"

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The names and URLs of the pages."""
        found: list[tuple[str, str]] = []
        if self.has_schema:
            found += [("GraphiQL", "graphiql"), ("Schema", "schema")]
        for version in self.versions:
            below = f"{version}/" if version else ""
            label = f" {version}" if version else ""
            found += [(f"Docs{label}", f"{below}docs")]
            found += [(f"Console{label}", f"{below}console")]
        return tuple((name, f"{self.base}{url}") for name, url in found)
