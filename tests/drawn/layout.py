"""What flows on an edge, as the plan states it: dtype, stream axes | item axes."""

from dataclasses import dataclass

PROBES = "probe/"  # sinks of any port, which only the planner sees: so the plan tells its layout


@dataclass(frozen=True)
class Layout:
    kind: str          # image or table
    dtype: str
    stream: tuple      # ((name, size), ...)
    item: tuple
    clock: str = ""    # items of other clocks do not belong together
    columns: tuple = ()
    scales: tuple = () # ((axis, scale, unit), ...)

    @property
    def stream_names(self):
        return tuple(name for name, _ in self.stream)

    @property
    def item_names(self):
        return tuple(name for name, _ in self.item)

    @property
    def stream_shape(self):
        return tuple(size for _, size in self.stream)

    @property
    def item_shape(self):
        return tuple(size for _, size in self.item)

    @property
    def is_image(self):
        return self.kind == "image"


def pairs(axes):
    return tuple((axis["name"], axis["size"]) for axis in axes)


def layout_of(port):
    """Of one output of one node of `parfocal plan --json`."""
    return Layout(port["kind"], port["dtype"], pairs(port["stream"]), pairs(port["item"]),
                  port["clock"], tuple(column["name"] for column in port.get("columns", ())),
                  tuple((a["name"], a["scale"], a["unit"]) for a in port["stream"] + port["item"]))


def ports_of(step, operators):
    """Names by which the outputs of a step are read: "s1" is its first port, "s1.level" another."""
    outputs = operators[step["op"]].outputs
    return [step["id"] if n == 0 else f"{step['id']}.{port.name}" for n, port in enumerate(outputs)]


def probes(pipeline, operators):
    """Sinks that make the plan tell the layout of every port."""
    ports = ["source"] + [p for step in pipeline.steps for p in ports_of(step, operators)]
    return [{"type": "frames", "from": port, "path": PROBES + port} for port in ports]


def layouts_of(plan):
    """{port: Layout} of the ports that the plan has probes of."""
    nodes, found = plan["nodes"], {}
    for node in nodes:
        if node["kind"] == "sink" and node["id"].startswith("frames " + PROBES):
            producer, port = node["inputs"][0]
            found[node["id"].removeprefix("frames " + PROBES)] = layout_of(
                nodes[producer]["outputs"][port])
    return found
