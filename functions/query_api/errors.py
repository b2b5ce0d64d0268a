"""The ways in which a query fails. A class's name is the error's name in the state machine."""


class ApiError(Exception):
    """Anything that keeps a query from being answered. Messages hold no data of the API's."""


class ApiThrottled(ApiError):
    """HTTP 429, or a GraphQL error that says as much. Transient."""


class ApiUnavailable(ApiError):
    """HTTP 5xx, no connection, or a 200 whose body is no GraphQL response. Transient."""


class ApiTimeout(ApiError):
    """No whole answer in time. Transient."""


class ApiUnauthorized(ApiError):
    """HTTP 401 or 403: the credentials are wrong or lack a permission. Permanent."""


class ApiRejected(ApiError):
    """Any other status than 200, or an answer beyond all size. Permanent."""


class GraphQLErrors(ApiError):
    """A response with a non-empty top-level `errors` list. Permanent."""
