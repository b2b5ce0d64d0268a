"""A row of the table of event types."""

from typing import Any, NamedTuple

# The contracts: the mock accelerator's, and Buy with Prime's as published in that version.
MOCK = "mock"
PUBLISHED = "2024-11-01"


class Family(NamedTuple):
    """Events about one kind of entity, which a rule, a branch and a document are for.

    Paths are dotted names from the top of the event, or `resources/<key>` for what the event's
    resources say of a key. `types` are the event types at `type_at`, by the names that they are
    fired with. `variables` are the document's, a path in braces standing for what is there and
    `{id}` for the entity's id: the first are taken of which everything is there. `sample` is an
    event as it comes, without its envelope and its type. Where `only` is given, an event without
    this value at this path is not hydrated.
    """

    contract: str
    name: str
    types: dict[str, str]
    type_at: str
    entity: str
    id_at: str
    document: str
    variables: tuple[dict[str, Any], ...]
    sample: dict[str, Any]
    only: tuple[str, str] | None = None
