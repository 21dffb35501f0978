"""`weir auth explain`: the rights of a caller for a stored operation, and the rules."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.auth.caller import CredentialFiles, identified
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.facade_view import chosen_facade
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.policies.identity import access_rule
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.generations.generation import Generation
from weir.gateway.context import Identity, RequestContext
from weir.gateway.errors import Forbidden, Unauthenticated, WeirError
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.json_types import JSONObject, is_object
from weir.resolvers.engine.known_operation import KnownOperation
from weir.resolvers.operation.authorization import fulfils
from weir.schema.model.access import ALWAYS, AccessRequirement, Alternatives


@dataclass(frozen=True, slots=True)
class AuthInputs:
    """A configuration, a façade, a stored operation by its id, and a credential.

    `variables` are JSON, for policies that read them.
    """

    config: Path
    facade: str | None
    operation: str
    credentials: CredentialFiles = field(default_factory=CredentialFiles)
    variables: str = "{}"


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """The decision about one element, and the rule behind it."""

    allowed: bool
    element: str
    rule: str


@prints_config_errors
def explain_rights(inputs: AuthInputs) -> int:
    """Print the decisions; return 1 if something is denied."""
    try:
        loaded = load_config(inputs.config, environment(inputs.config.parent))
        caller, decisions = asyncio.run(_explained(loaded, inputs))
    except WeirError as error:
        print_error(f"{error.code}: {error.detail}")
        return FAILED
    sys.stdout.write(_caller(caller))
    width = max(len(each.element) for each in decisions)
    for each in decisions:
        outcome = "allowed" if each.allowed else "denied"
        sys.stdout.write(f"{outcome:<7}  {each.element:<{width}}  {each.rule}\n")
    return OK if all(each.allowed for each in decisions) else FAILED


async def _explained(
    loaded: LoadedConfig, inputs: AuthInputs
) -> tuple[Identity, Sequence[RuleDecision]]:
    """Return the caller and the decisions; raises ConfigError and WeirError."""
    name = chosen_facade(loaded, inputs.facade)
    sent = inputs.credentials.read(loaded.config)
    variables = _variables(inputs.variables)
    async with generation_of(loaded) as generation:
        (facade,) = (each for each in generation.facades if each.name == name)
        stored = _stored(facade, inputs.operation)
        context = await identified(generation, sent, f"{facade.path}/graphql")
        run = _Run(generation, facade, stored, context, variables)
        rule = access_rule(loaded.config.facades[name].access)
        decisions = [
            await run.by_rule(f"facades.{name}", rule, "", {}),
            *await run.by_own_rule(),
            *await run.by_directives(),
        ]
        return context.identity, decisions


@dataclass(frozen=True, slots=True)
class _Run:
    """A stored operation that a caller runs."""

    generation: Generation
    facade: Facade
    stored: StoredOperation
    context: RequestContext
    variables: JSONObject

    async def by_rule(
        self, element: str, rule: AccessRule, operation: str, variables: JSONObject
    ) -> RuleDecision:
        """Decide by an access rule, as the gateway does."""
        policies = self.generation.identification.policies
        try:
            rule.check(self.context.identity)
            if rule.policies:
                await policies.require(
                    rule.policies, self.context, operation, variables
                )
        except (Unauthenticated, Forbidden):
            return RuleDecision(allowed=False, element=element, rule=_rule(rule))
        return RuleDecision(allowed=True, element=element, rule=_rule(rule))

    async def by_own_rule(self) -> Sequence[RuleDecision]:
        """Decide by the rule of the operation, if it has one."""
        guard = self.facade.guards.get(self.stored.text)
        if guard is None:
            return ()
        variables = self._coerced() if guard.rule.policies else {}
        name = self.stored.name
        return (await self.by_rule(name, guard.rule, name, variables),)

    async def by_directives(self) -> Sequence[RuleDecision]:
        """Decide about each protected field of the operation, in order."""
        rights = self._known.rights
        satisfied = await self.generation.identification.policies.satisfied(
            rights.policies,
            self.context,
            self.stored.name,
            self._coerced() if rights.policies else {},
        )
        caller = self.context.identity
        requirements = dict(rights.selections.values())
        return [
            RuleDecision(
                allowed=fulfils(caller, satisfied, requirement),
                element=coordinate,
                rule="; ".join(_directives(requirement)),
            )
            for coordinate, requirement in sorted(
                requirements.items(), key=lambda each: each[0]
            )
        ]

    @property
    def _known(self) -> KnownOperation:
        operations = self.facade.engine.operations
        return operations.stored[self.stored.text, self.stored.name]

    def _coerced(self) -> JSONObject:
        return self._known.coercion.coerce(self.variables)


def _stored(facade: Facade, operation: str) -> StoredOperation:
    """Return a stored operation by its id; raises ConfigError."""
    for stored, _ in facade.stored:
        if operation in stored.ids:
            return stored
    known = (stored.label for stored, _ in facade.stored)
    message = f"--operation: {unknown('stored operation', operation, known)}"
    raise ConfigError(Problem(message=message))


def _variables(text: str) -> JSONObject:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not is_object(found):
        message = "--variables: expected a JSON object"
        raise ConfigError(Problem(message=message))
    return found


def _caller(caller: Identity) -> str:
    if not caller.authenticated:
        return "caller   anonymous\n"
    names = {
        "subject": caller.subject,
        "issuer": caller.issuer,
        "client": caller.client_id,
        "scopes": " ".join(sorted(caller.scopes)),
        "roles": " ".join(sorted(caller.roles)),
    }
    parts = [f"{name}: {value}" for name, value in names.items() if value]
    return f"caller   {caller.method}, {', '.join(parts)}\n"


def _rule(rule: AccessRule) -> str:
    if not rule.restricts:
        return "access: anonymous"
    parts = ["authenticated"] if rule.authenticated else []
    if rule.scopes:
        parts.append(f"scopes {_alternatives(rule.scopes)}")
    if rule.roles:
        parts.append(f"roles {' or '.join(sorted(rule.roles))}")
    if rule.policies:
        parts.append(f"policies {' and '.join(sorted(rule.policies))}")
    return f"access: {'; '.join(parts)}"


def _directives(requirement: AccessRequirement) -> Iterator[str]:
    if requirement.authenticated:
        yield "@authenticated"
    if requirement.scopes != ALWAYS:
        yield f"@requiresScopes {_alternatives(requirement.scopes)}"
    if requirement.policies != ALWAYS:
        yield f"@policy {_alternatives(requirement.policies)}"


def _alternatives(sets: Alternatives) -> str:
    return ", or ".join(sorted(" and ".join(sorted(each)) for each in sets))
