"""Builds the C twin of the matcher (``language/_matching.pyx``) into the package where there is a C compiler.

Without one the package is whole all the same: ``language/matching.py`` gives the same matches, more slowly.
"""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULE = "reviewqa.language._matching"


class CompiledMatcher(BuildHookInterface[Any]):
    """Runs before a wheel, or an editable install, is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import CCompilerError, ExecError, PlatformError

        source = Path(self.root, "src", *MODULE.split(".")).with_suffix(".pyx")
        target = source.with_name(source.stem + str(sysconfig.get_config_var("EXT_SUFFIX")))
        target.unlink(missing_ok=True)  # nothing older may stand in for what is built now
        with tempfile.TemporaryDirectory() as folder:
            extensions = cythonize([Extension(MODULE, [str(source)])], build_dir=folder, quiet=True)
            command = build_ext(Distribution({"ext_modules": extensions}))
            command.build_lib = command.build_temp = folder
            command.ensure_finalized()
            try:
                command.run()
            except (CCompilerError, ExecError, PlatformError) as error:
                self.app.display_warning(f"no C compiler, so reviews will be slower ({error})")
                return
            shutil.copyfile(command.get_ext_fullpath(MODULE), target)
        build_data["artifacts"].append(target.relative_to(self.root).as_posix())
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
