"""A stored object: what it holds, and what is told beside it."""

from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.problem import Problem
from domain import metadata
from domain.untrusted import parse


class Object(NamedTuple):
    """An object's key, its content, and what of domain/metadata.py it has of user metadata."""

    key: str
    content: bytes
    metadata: dict[str, str]

    def value(self) -> Any:
        """What it holds as JSON.

        Raises:
            Problem: it is none.
        """
        try:
            return parse(self.content)
        except ValueError:
            raise Problem(f"{self.key} holds no JSON") from None


def read(cloud: Deployment, key: str) -> Object:
    """An object of the deployment's bucket.

    Raises:
        Problem: there is no such object.
    """
    bucket = cloud.outputs.response_bucket_name
    try:
        got = cloud.s3.get_object(Bucket=bucket, Key=key)
    except cloud.s3.exceptions.NoSuchKey:
        raise Problem(f"there is no object {key} in {bucket}") from None
    return Object(key, got["Body"].read(), metadata.read(got["Metadata"]))
