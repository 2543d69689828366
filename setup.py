"""Builds the native modules: `python setup.py build_ext --inplace --parallel 2`; what is generated goes under build/.

`MODULES` is the whole list of those that are only native: a .pyx beside hand-written C; what it links is asked of
pkg-config. Those made from Python sources are listed in mcu/compiled.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
WITHOUT = "SETUP_WITHOUT_EXTENSIONS"  # environment: tools/setup installs the package first, and compiles after it, once
sys.path.insert(0, str(ROOT))  # not there when pip runs this
from mcu import compiled  # noqa: E402

NATIVE = "mcu/_native"
COMPILE_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O3", "-g1", "-Wall", "-Wno-unused-function", "-fvisibility=hidden"]
# Most of these is calls of Python's interface; -O3 takes a sixth longer to compile.
SOURCE_FLAGS = ["-O2", "-g0", "-Wall", "-Wno-unused-function", "-fvisibility=hidden"]
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "binding": True,
    "show_performance_hints": False,
}
# Python's own rules where the source is Python: indices are checked, None is no object, annotations are not C types.
SOURCE_DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    "nonecheck": True,
    "annotation_typing": False,
    "show_performance_hints": False,
}
# pkg-config name -> what provides it
DEBIAN_PACKAGES = {
    "libsrtp2": "libsrtp2-dev",
    "libcrypto": "libssl-dev",
    "opus": "libopus-dev",
    "vpx": "libvpx-dev",
}


@dataclass(frozen=True)
class NativeModule:
    """One extension module of mcu._native: `name`.pyx, C files beside it, and libraries by pkg-config name."""

    name: str
    sources: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    numpy: bool = False
    flags: tuple[str, ...] = ()


MODULES = (
    NativeModule("rtp_packet"),
    NativeModule(
        "packets",
        sources=(
            "packets_rtp.c",
            "packets_paths.c",
            "packets_srtp.c",
            "packets_aead.c",
            "packets_udp.c",
            "packets_receive.c",
            "packets_send.c",
        ),
        libraries=("libsrtp2", "libcrypto"),
    ),
    NativeModule(
        "samples",
        sources=("samples_kernels.c", "samples_stretch.c", "samples_g711.c"),
        numpy=True,
    ),
    NativeModule("opus", libraries=("opus",), numpy=True),
    NativeModule("h261", sources=("h261_scan.c",)),
    NativeModule("h263", sources=("h263_scan.c",)),
    NativeModule("g722", sources=("g722_codec.c",), numpy=True),
    NativeModule("vpx", libraries=("vpx",)),
    NativeModule("avcodec", sources=("avcodec_load.c",), numpy=True),
    NativeModule("planes", sources=("planes_scalar.c", "planes_avx2.c", "planes_scaler.c")),
)


def pkg_config(library: str) -> tuple[list[str], list[str]]:
    """Compile and link flags of `library`. Leaves with a sentence for whoever installs when it is missing."""
    package = DEBIAN_PACKAGES[library]
    try:
        ask = [["pkg-config", kind, library] for kind in ("--cflags", "--libs")]
        compile_flags, link_flags = (subprocess.run(a, check=True, capture_output=True, text=True).stdout for a in ask)
    except FileNotFoundError:
        sys.exit("pkg-config is not installed. On Debian: apt-get install pkg-config")
    except subprocess.CalledProcessError:
        sys.exit(f"{library} and its headers are not installed. On Debian: apt-get install {package}")
    return compile_flags.split(), link_flags.split()


def extension(module: NativeModule) -> Extension:
    compile_flags = [*COMPILE_FLAGS, *module.flags]
    link_flags: list[str] = []
    for library in module.libraries:
        more_compile, more_link = pkg_config(library)
        compile_flags += more_compile
        link_flags += more_link
    include = [NATIVE]
    if module.numpy:
        import numpy  # only the modules that work on arrays need its headers

        include.append(numpy.get_include())
    return Extension(
        f"mcu._native.{module.name}",
        sources=[f"{NATIVE}/{source}" for source in (f"{module.name}.pyx", *module.sources)],
        depends=[
            str(part.relative_to(ROOT)) for kind in ("*.h", "*.pxd", "*.pxi") for part in (ROOT / NATIVE).glob(kind)
        ],
        include_dirs=include,
        extra_compile_args=compile_flags,
        extra_link_args=link_flags,
    )


def from_source(module: str) -> Extension:
    """A module of mcu.compiled; its types are in the .pxd beside it."""
    source = Path(f"{module.replace('.', '/')}.py")
    types = [str(path) for path in [source.with_suffix(".pxd")] if (ROOT / path).exists()]
    return Extension(module, sources=[str(source)], depends=types, extra_compile_args=SOURCE_FLAGS)


class RecordingBuild(build_ext):  # type: ignore[misc]
    """Says how far it is, and writes down what was built, for mcu.compiled."""

    def build_extension(self, ext: Extension) -> None:
        super().build_extension(ext)
        BUILT.append(ext.name)
        if sys.stderr.isatty():
            end = "\n" if len(BUILT) == len(self.extensions) else ""
            sys.stderr.write(f"\r\033[K{len(BUILT)} of {len(self.extensions)}: {ext.name}{end}")
            sys.stderr.flush()

    def run(self) -> None:
        super().run()
        record = Path(self.get_ext_fullpath("mcu.compiled")).with_name(compiled.RECORD)
        record.write_text(json.dumps(DIGESTS, indent=1), encoding="utf-8")


BUILT: list[str] = []  # names of extensions
DIGESTS = compiled.digests()  # as of now: who changes a source during the build is told to build again
for module in compiled.changed():
    for part in compiled.parts(module):
        part.touch()  # Cython and setuptools go by file times


def extensions() -> list[Extension]:
    """All of them, with their C made from Cython and Python by as many processes as there are processors."""
    kinds = (
        ([extension(module) for module in MODULES], DIRECTIVES),
        ([from_source(module) for module in compiled.MODULES], SOURCE_DIRECTIVES),
    )
    return [
        made
        for found, directives in kinds
        for made in cythonize(
            found,
            build_dir="build/cython",
            compiler_directives=directives,
            nthreads=os.cpu_count() or 1,
            quiet=not sys.stderr.isatty(),
        )
    ]


if __name__ == "__main__":  # not in the processes that cythonize starts
    setup(cmdclass={"build_ext": RecordingBuild}, ext_modules=[] if os.environ.get(WITHOUT) else extensions())
