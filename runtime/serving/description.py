"""The service's description: `/options.json` for its users, `/openapi.json` (OpenAPI 3.1) for their tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganrt import __version__
from ganrt.checks import encode
from ganrt.runtime.identity import MAX_REROLL
from ganrt.runtime.look_drawing import model_of
from ganrt.runtime.picture_style import MASKS
from ganrt.runtime.serving.addresses import LONGEST_NAME, TYPES

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

Json = dict[str, Any]
_BACKGROUND = "^(none|auto|[0-9a-fA-F]{6})$"
_ETAG = {"ETag": {"schema": {"type": "string"}}, "Cache-Control": {"schema": {"type": "string"}}}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "additionalProperties": False,
}


def options(generator: Generator, max_size: int) -> Json:
    output = generator.spec.output
    return {
        "model": model_of(generator),
        "width": output.width if output else None,
        "height": output.height if output else None,
        "formats": sorted(TYPES),
        "max_size": max_size,
        "backgrounds": ["none", "auto", "RRGGBB"],
        "masks": list(MASKS),
        "controls": [encode(one) for one in generator.controls.controls],
    }


def openapi(max_size: int) -> Json:
    style = [
        _query("size", {"type": "integer", "minimum": 1, "maximum": max_size}, "Pixels of the longer side."),
        _query("background", {"type": "string", "pattern": _BACKGROUND}, "none, auto or RRGGBB."),
        _query("mask", {"type": "string", "enum": list(MASKS)}, "round: a disc."),
        _query("quality", {"type": "integer", "minimum": 1, "maximum": 101}, "Of jpeg and webp; webp: 101 lossless."),
    ]
    of_avatars = [
        _query("set", {"type": "array", "items": {"type": "string"}, "maxItems": 20}, "A control: hair=afro."),
        _query("reroll", {"type": "integer", "minimum": 0, "maximum": MAX_REROLL}, "Another draw for the name."),
        _query("truncation", {"type": "number", "minimum": 0, "maximum": 16}, "Below 1: more typical."),
    ]
    name = {"type": "string", "maxLength": LONGEST_NAME // 4}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ganrt",
            "version": __version__,
            "description": "Avatars by name, and pictures by look code.",
        },
        "paths": {
            "/avatar/{name}.{format}": {
                "get": _picture("avatar", "A name's avatar, the same for ever.", "name", name, [*of_avatars, *style])
            },
            "/look/{code}.{format}": {
                "get": _picture("look", "The picture of a look code.", "code", {"type": "string"}, style)
            },
            "/options.json": {"get": _told("options", "What can be asked for.", "application/json")},
            "/openapi.json": {"get": _told("openapi", "This description.", "application/json")},
            "/health": {"get": _told("health", "Whether it works.", "application/json")},
            "/metrics": {"get": _told("metrics", "Counts, for Prometheus.", "text/plain")},
        },
    }


def _query(name: str, schema: Json, told: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": told}


def _picture(operation: str, told: str, name: str, schema: Json, parameters: list[Json]) -> Json:
    where = [
        {"name": name, "in": "path", "required": True, "schema": schema},
        {"name": "format", "in": "path", "required": True, "schema": {"type": "string", "enum": sorted(TYPES)}},
    ]
    pictures = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(set(TYPES.values()))}
    return {
        "operationId": operation,
        "summary": told,
        "parameters": [*where, *parameters],
        "responses": {
            "200": {"description": "The picture.", "content": pictures, "headers": _ETAG},
            "304": {"description": "It is the one that If-None-Match names."},
            "400": _failed("The request makes no sense."),
            "404": _failed("There is nothing of this address."),
            "429": _failed("Too many wait: come again when Retry-After says."),
        },
    }


def _told(operation: str, told: str, kind: str) -> Json:
    schema = {"type": "object"} if kind == "application/json" else {"type": "string"}
    content = {kind: {"schema": schema}}
    return {
        "operationId": operation,
        "summary": told,
        "responses": {"200": {"description": told, "content": content}},
    }


def _failed(told: str) -> Json:
    return {"description": told, "content": {"application/json": {"schema": _ERROR}}}
