"""Pages of two origins in a real browser: one may call, the other may not."""

import contextlib
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

from browser import Browser, Site
from envoy import connections
from gateway import Failure
from one import call_by_web, expect, World, world


@dataclass
class Pages:
    """The edge, and the pages in front of it."""

    world: World
    ours: Browser
    foreign: Browser


@contextlib.contextmanager
def pages(directory: pathlib.Path) -> Iterator[Pages]:
    """All of it, until the block ends."""
    with contextlib.ExitStack() as stack:
        site, other = Site(), Site()
        stack.callback(site.end)
        stack.callback(other.end)

        def allow(config: dict) -> None:
            (host,) = connections(config)["route_config"]["virtual_hosts"]
            cors = host["typed_per_filter_config"]["envoy.filters.http.cors"]
            cors["allow_origin_string_match"] = [{"exact": site.origin}]

        w = stack.enter_context(world(directory, allow))
        browsers = []
        for one in (site, other):
            browser = Browser(directory, one, w.edge.address, w.messages)
            stack.callback(browser.end)
            browsers.append(browser)
        yield Pages(w, *browsers)


def page_calls(p: Pages) -> None:
    """The page calls, is told of errors with reasons, listens and watches."""
    call_by_web(p.ours, p.world.messages)


def page_may_not(p: Pages) -> None:
    """The page of another origin has no answer."""
    seen = len(p.world.edge.accesses())
    with contextlib.suppress(Failure):
        p.foreign.ask("ListEndpoints")
        message = "a foreign page was answered"
        raise AssertionError(message)
    rows = p.world.edge.accesses()[seen:]
    methods = {
        row["method"] for row in rows if row["path"].endswith("Endpoints")
    }
    expect("it has asked whether it may", methods <= {"OPTIONS"}, True)
