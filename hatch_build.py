"""Builds the C twins of the hot loops (``*.pyx``) into the package where there is a C compiler.

Without one the package is whole all the same: each twin stands beside a module in Python that does the same, slower.
"""

from __future__ import annotations

import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTwins(BuildHookInterface[Any]):
    """Runs before a wheel, or an editable install, is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import CCompilerError, ExecError, PlatformError

        root = Path(self.root, "src")
        sources = sorted(root.rglob("*.pyx"))
        suffix = str(sysconfig.get_config_var("EXT_SUFFIX"))
        targets = [source.with_name(source.stem + suffix) for source in sources]
        for target in targets:
            target.unlink(missing_ok=True)  # nothing older may stand in for what is built now
        names = [".".join(source.relative_to(root).with_suffix("").parts) for source in sources]
        modules = [Extension(name, [str(source)]) for name, source in zip(names, sources, strict=True)]
        with tempfile.TemporaryDirectory() as folder:
            extensions = cythonize(modules, build_dir=folder, quiet=True)
            command = build_ext(Distribution({"ext_modules": extensions}))
            command.build_lib = command.build_temp = folder
            command.ensure_finalized()
            try:
                command.run()
            except (CCompilerError, ExecError, PlatformError) as error:
                self.app.display_warning(f"no C compiler, so reviews will be slower ({error})")
                return
            for name, target in zip(names, targets, strict=True):
                target.write_bytes(Path(command.get_ext_fullpath(name)).read_bytes())
        build_data["artifacts"] += [target.relative_to(self.root).as_posix() for target in targets]
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
