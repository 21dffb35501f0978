"""The named policies of a configuration: compiled expressions, imported functions."""

import inspect
from collections.abc import Callable

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.identity import AccessSection
from weir.bffs.config.model.policy import DEFAULT_TIMEOUT_S, PolicySection
from weir.bffs.config.model.position import DataPath
from weir.bffs.extensions.importing import import_object
from weir.gateway.identity.policies.function_policy import FunctionPolicy
from weir.gateway.identity.policies.policy import Policy


def named_policies(loaded: LoadedConfig) -> dict[str, Policy]:
    """Return the policies by name; raises ConfigError with all problems.

    A rule of a façade or a route is checked before the operation is known, so that it
    must not name a policy that reads the operation.
    """
    identity = loaded.config.identity
    policies: dict[str, Policy] = {}
    errors: list[ConfigError] = []
    for name, section in (identity.policies if identity else {}).items():
        try:
            policies[name] = _policy(name, section, loaded)
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise ConfigError(*(each for error in errors for each in error.problems))
    return policies


def _policy(name: str, section: PolicySection, loaded: LoadedConfig) -> Policy:
    path: DataPath = ("identity", "policies", name)
    headers = tuple(each.lower() for each in section.headers)
    if section.cel is not None:
        return _expression(name, section.cel, headers, loaded)
    assert section.python is not None, "the model has one of both"
    function = import_object(section.python, loaded, (*path, "python"))
    if not callable(function) or not _takes_two(function):
        message = (
            f"identity.policies.{name}.python: {section.python} must be a function of"
            f" the identity and the request, got {function!r}"
        )
        raise loaded.error((*path, "python"), message)
    timeout_s = section.timeout or DEFAULT_TIMEOUT_S
    return FunctionPolicy(function, timeout_s, headers)


def _takes_two(function: Callable[..., object]) -> bool:
    """Return whether a function can be called with two positional arguments."""
    if isinstance(function, type):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # it is written in C, and has no signature
        return True
    return True


def _expression(
    name: str, text: str, headers: tuple[str, ...], loaded: LoadedConfig
) -> Policy:
    # A heavy import, for those who configure it.
    from weir.gateway.cel_source import InvalidExpression  # noqa: PLC0415
    from weir.gateway.identity.policies.cel_policy import (  # noqa: PLC0415
        CelPolicy,
        needs_operation,
        read_policy,
    )

    path = ("identity", "policies", name, "cel")
    try:
        source = read_policy(text)
    except InvalidExpression as error:
        raise loaded.error(path, f"{'.'.join(path)}: {error}") from error
    if needs_operation(source):
        _reject_early_use(name, loaded)
    return CelPolicy(source, headers)


def _reject_early_use(policy: str, loaded: LoadedConfig) -> None:
    config = loaded.config
    rules: dict[DataPath, AccessSection] = {
        **{("facades", name): each.access for name, each in config.facades.items()},
        **{("routes", name): each.access for name, each in config.routes.items()},
    }
    for entry, access in rules.items():
        if policy in access.policies:
            path = (*entry, "access", "policies")
            message = (
                f"{'.'.join(map(str, path))}: the policy {policy} reads the operation,"
                " which is not known when this rule is checked"
            )
            raise loaded.error(path, message)
