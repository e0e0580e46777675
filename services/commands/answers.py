"""Answers of services, as commands take them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def checked(answer: "httpx.Response", failure: type[Exception]) -> "httpx.Response":
    """An answer that is a success. Raises `failure` with what the problem says."""
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        raise failure(f"{answer.request.url}: status {answer.status_code}") from None
    raise failure(f"{problem.get('title')}: {problem.get('detail', answer.status_code)}")
