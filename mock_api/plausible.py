"""What the mock answers for a field that its data says nothing of: something plausible."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLSchema,
    default_field_resolver,
    is_abstract_type,
    is_object_type,
)

MOMENT = 1_795_508_330_000
# By the type's name, for what is no text.
SCALARS: dict[str, Any] = {
    "Int": 1,
    "Float": 1.0,
    "Decimal": 1,
    "Boolean": True,
    "Time": MOMENT,
}
# By how a field's name ends, in lower case, for texts.
TEXTS = {
    "url": "https://shop.example/page",
    "email": "customer@shop.example",
    "currencycode": "USD",
    "countrycode": "US",
    "country": "US",
    "locale": "en-US",
    "edat": "2026-11-24T08:18:50Z",
}


def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field's value: the data's, null where that says so, else a plausible one."""
    if isinstance(source, dict) and info.field_name not in source:
        return plausible(info.return_type, info.field_name, info.schema)
    return default_field_resolver(source, info, **arguments)


def plausible(kind: Any, name: str, schema: GraphQLSchema) -> Any:
    """A value of a type for a field; of an object nothing yet, of a list one of each type."""
    if isinstance(kind, GraphQLNonNull):
        return plausible(kind.of_type, name, schema)
    if isinstance(kind, GraphQLList):
        of = kind.of_type.of_type if isinstance(kind.of_type, GraphQLNonNull) else kind.of_type
        each = schema.get_possible_types(of) if is_abstract_type(of) else [of]
        return [plausible(one, name, schema) for one in each]
    if is_abstract_type(kind):
        return {"__typename": schema.get_possible_types(kind)[0].name}
    if is_object_type(kind):
        return {"__typename": kind.name}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values.values())).value
    return SCALARS[kind.name] if kind.name in SCALARS else text(name)


def text(name: str) -> str:
    """A text for a field of this name."""
    end = next((end for end in TEXTS if name.lower().endswith(end)), "")
    return TEXTS.get(end, f"some {name}")
