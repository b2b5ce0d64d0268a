"""Deployments that tests make up, of what they need."""

from dataclasses import fields
from functools import cache
from typing import Any

import boto3

from accelerator.deployment import Deployment
from domain.outputs import Outputs


def deployment(**outputs: str) -> Deployment:
    """A deployment in the account of now, with these outputs; the others are empty."""
    names = [each.name for each in fields(Outputs)]
    return Deployment(Outputs(**dict.fromkeys(names, "") | outputs), session())


@cache
def session() -> boto3.Session:
    """One for all, since making one takes longer than most tests."""
    return boto3.Session()


def with_output(made: Deployment, **outputs: Any) -> None:
    """Give a deployment other outputs, also where everybody has it already."""
    for name, value in outputs.items():
        object.__setattr__(made.outputs, name, value)
