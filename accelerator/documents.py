"""Refuses documents that a deployment from this machine would go wrong with."""

from accelerator.problem import Problem


def check_documents(mocked: str | None) -> None:
    """Check them as `stacks.documents.check` does; `mocked` is the contract that the mock answers.

    Raises:
        Problem: one is missing or wrong.
    """
    # GraphQL is a tenth of the command line's start, which all the other commands do without.
    from stacks.documents import DocumentError, check

    try:
        check(mocked)
    except DocumentError as error:
        raise Problem(str(error)) from None
