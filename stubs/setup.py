"""Adds `rasa_stubs.pth` to what is installed: Python runs its line at each start."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithPth(build_py):
    """Builds the module, and puts the .pth file beside it."""

    def run(self) -> None:
        super().run()
        self.copy_file("rasa_stubs.pth", str(Path(self.build_lib) / "rasa_stubs.pth"))


setup(cmdclass={"build_py": BuildWithPth})
