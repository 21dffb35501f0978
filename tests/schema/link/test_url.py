"""Feature URLs are `<base>/<name>/v<major>.<minor>`."""

import pytest

from weir.schema.link.url import FeatureUrl, InvalidFeatureUrl, Version


def test_a_url_has_an_identity_a_name_and_a_version() -> None:
    url = FeatureUrl.parse("https://specs.apollo.dev/federation/v2.9")

    assert url.identity == "https://specs.apollo.dev/federation"
    assert url.name == "federation"
    assert url.version == Version(2, 9)
    assert str(url) == "https://specs.apollo.dev/federation/v2.9"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://specs.apollo.dev",
        "https://specs.apollo.dev/v2.9",
        "https://specs.apollo.dev/federation",
        "https://specs.apollo.dev/federation/2.9",
        "https://specs.apollo.dev/federation/v2",
        "https://specs.apollo.dev/federation/v2.09",
        "https://[broken/federation/v2.9",
    ],
)
def test_other_urls_are_not_feature_urls(url: str) -> None:
    with pytest.raises(InvalidFeatureUrl):
        FeatureUrl.parse(url)


def test_minor_versions_are_compared_as_numbers() -> None:
    assert Version(2, 10) > Version(2, 9)
