"""How events reach the state machine: the bus, a rule a family, and their dead-letter queue."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from domain.event_types import families
from domain.family import Family
from domain.names import EVENT_BUS, rule
from stacks.settings import Settings
from stacks.storage import end_queue


class Ingestion(Construct):
    """The rules that start the state machine, on the configured bus or a new one."""

    def __init__(
        self, scope: Construct, id: str, settings: Settings, state_machine: sfn.StateMachine
    ) -> None:
        super().__init__(scope, id)
        self.event_bus = self._build_event_bus(settings)
        self.dead_letter_queue = end_queue(self, "DeadLetterQueue", settings)
        self._build_rules(settings, state_machine)

    def _build_event_bus(self, settings: Settings) -> events.IEventBus:
        if settings.event_bus_arn:
            return events.EventBus.from_event_bus_arn(self, "EventBus", settings.event_bus_arn)
        return events.EventBus(self, "EventBus", event_bus_name=EVENT_BUS)

    def _build_rules(self, settings: Settings, state_machine: sfn.StateMachine) -> None:
        role = iam.Role(self, "StartRole", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        target = targets.SfnStateMachine(
            state_machine,
            role=role,
            dead_letter_queue=self.dead_letter_queue,
            retry_attempts=185,
            max_event_age=Duration.hours(24),
        )
        for family in families(settings.contract):
            events.Rule(
                self,
                f"{family.name.title()}Rule",
                event_bus=self.event_bus,
                rule_name=rule(family.name),
                event_pattern=pattern(family, settings.event_source),
                targets=[target],
            )


def pattern(family: Family, source: str | None = None) -> events.EventPattern:
    """The pattern of a family's events, which RouteByEventType has a branch for."""
    types: Any = list(family.types.values())
    for name in reversed(family.type_at.split(".")):
        types = {name: types}
    fields = {"detail-type": "detail_type", "detail": "detail"}
    matched = {fields[name]: value for name, value in types.items()}
    return events.EventPattern(source=[source] if source else None, **matched)
