"""What a deployed stack tells of itself, by which the command line finds everything."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields


@dataclass(frozen=True)
class Outputs:
    """The stack's outputs. A field's name is the output's, `event_bus_name` for `EventBusName`."""

    event_bus_name: str
    response_bucket_name: str
    failure_queue_url: str
    dead_letter_queue_url: str
    state_machine_arn: str
    # Empty of a deployment of before 2026-11-28.
    redrive_queue_url: str = ""
    # "true" where made-up events harm nobody: the bus is the stack's own.
    may_be_fired_at: str = ""
    api_version: str = ""
    credentials_secret_arn: str = ""

    @classmethod
    def read(cls, told: Mapping[str, str]) -> "Outputs":
        """The outputs among those that CloudFormation tells.

        Raises:
            KeyError: one is missing, and is named.
        """
        given = {
            each.name: told[output_name(each.name)]
            for each in fields(cls)
            if each.default is MISSING or output_name(each.name) in told
        }
        return cls(**given)

    def told(self) -> dict[str, str]:
        """The outputs by the names that CloudFormation has them by; none that is empty."""
        return {output_name(name): value for name, value in asdict(self).items() if value}


def output_name(field: str) -> str:
    """The name of the output for a field."""
    return field.title().replace("_", "")
