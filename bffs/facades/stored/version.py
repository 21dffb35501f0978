"""The stored operations of one version of a REST API."""

from dataclasses import replace

from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.edge.responses.lifecycle import CURRENT, Lifecycle


def of_version(
    operation: StoredOperation, version: str, lifecycle: Lifecycle
) -> StoredOperation:
    """Return an operation as a part of a version, such as `v1`.

    Its id has the version, because other versions have operations of the same name. An
    endpoint without a lifecycle of its own has that of the version.
    """
    versioned = replace(operation, version=version)
    return replace(
        versioned,
        ids=(versioned.qualified_name,),
        bindings=tuple(_ending(each, lifecycle) for each in operation.bindings),
    )


def _ending(binding: RestBinding, lifecycle: Lifecycle) -> RestBinding:
    if binding.lifecycle != CURRENT:
        return binding
    return replace(binding, lifecycle=lifecycle)
