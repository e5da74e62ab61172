"""The layering and the house rules of qjax, read from its source."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "qjax"
FILES = sorted(PACKAGE.rglob("*.py"))
# A package imports from earlier lines only: packages on one line do not know each other. Private
# modules at the top (qjax/_*.py) lie below all of them, and qjax/__init__.py above.
LAYERS = (
    {"circuit", "kernels", "sharding"},
    {"passes", "library"},
    {"engines", "gradients"},
    {"measure"},
    {"chemistry", "data", "interop", "nn", "optimize", "plot"},
    {"train"},
    {"estimators"},
    {"cli"},
)
MAX_LINES = 800

every_file = pytest.mark.parametrize(
    "path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES]
)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node: ast.AST, path: Path) -> Iterator[str]:
    """Yields the full names of the modules, or module members, that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        name = module_name(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        yield from (f"{base}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        for name in imported(node, path):
            if name.split(".")[0] == "qjax":
                yield node.lineno, name


def top_package(module: str) -> str:
    """Returns the first name below qjax, or the empty string for qjax itself."""
    return (module.split(".") + [""])[1]


def layer(package: str) -> int:
    if package == "":
        return len(LAYERS)
    if package.startswith("_"):
        return -1
    found = [index for index, packages in enumerate(LAYERS) if package in packages]
    assert found, f"qjax.{package} has no layer: add it to LAYERS."
    return found[0]


def dotted(node: ast.AST) -> str:
    """Returns `a.b.c` for nested attributes, or the empty string for anything else."""
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Walks what an import executes: everything but the bodies of functions."""
    for field, value in ast.iter_fields(node):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if function and field == "body":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from run_on_import(child)


def imports_tensorcircuit(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            if any(name.split(".")[0] == "tensorcircuit" for name in names):
                return True
        if isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and str(first.value).startswith("tensorcircuit"):
                return True
    return False


def test_there_is_something_to_read():
    assert PACKAGE / "__init__.py" in FILES


@every_file
def test_imports_point_down(path):
    importer = top_package(module_name(path))
    upward = [
        f"line {line}: {name}"
        for line, name in own_imports(parse(path), path)
        if top_package(name) != importer and layer(top_package(name)) >= layer(importer)
    ]
    assert not upward


@every_file
def test_no_function_imports_qjax(path):
    inside = [
        f"line {line}: {name}"
        for function in functions(parse(path))
        for line, name in own_imports(function, path)
    ]
    assert not inside


@every_file
def test_no_private_jax_and_no_global(path):
    found = []
    for node in ast.walk(parse(path)):
        found += [name for name in imported(node, path) if name.startswith("jax._src")]
        found += node.names if isinstance(node, ast.Global) else []
        found += [dotted(node)] if dotted(node).startswith("jax._src") else []
    assert not found


@every_file
def test_process_state_is_left_alone(path):
    tree = parse(path)
    if imports_tensorcircuit(tree):
        # The one file that must undo what tensorcircuit does to the process.
        return
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            config = name.endswith("config.update") and name.startswith("jax")
            environment = name in {"os.putenv", "os.unsetenv"} or name.endswith(
                tuple(f"environ.{verb}" for verb in ("update", "setdefault", "pop", "clear"))
            )
            found += [f"line {node.lineno}: {name}"] if config or environment else []
        targets = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            written = target.value if isinstance(target, ast.Subscript) else target
            name = dotted(written)
            if name.endswith("environ") or name.startswith("jax.config"):
                found.append(f"line {node.lineno}: {name}")
    assert not found


def test_tensorcircuit_has_one_door():
    assert len([path for path in FILES if imports_tensorcircuit(parse(path))]) <= 1


@every_file
def test_import_makes_no_arrays(path):
    """A `jnp` constant would start the backend and fix the precision when qjax is imported."""
    makers = ("jnp.", "jax.numpy.", "jax.random.", "jax.device", "jax.default_backend")
    found = [
        f"line {node.lineno}: {dotted(node.func)}"
        for node in run_on_import(parse(path))
        if isinstance(node, ast.Call) and dotted(node.func).startswith(makers)
    ]
    assert not found


@every_file
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
