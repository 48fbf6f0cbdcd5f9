#!/usr/bin/env python3
"""Runs test programs on an emulated machine whose CPU has instructions that this one may lack.

    tests/emulated/run.py --build FOLDER --init FILE [--cpu MODEL] [--seconds N] 'PROGRAM ARG..'..

Bochs, which emulates AVX-512, boots a Linux kernel whose only contents are init.c, the programs and
the shared libraries they ask for. Everything is read from and written to FOLDER/emulated; no root,
no network, no display. Prints what the machine prints, then what was shown of each unit of kernels.

Exit code 0: every program ended with 0, and kernels of every unit that this CPU can run were run;
77: something to emulate with is missing (with WEIGHIN_LONG=1 in the environment that is a failure).
WEIGHIN_EMULATED_KERNEL names another kernel than FOLDER/emulated/vmlinuz (fetch.sh).
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import ctypes
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import tty

# What the kernel must see of a CPU model of Bochs, in its spelling.
OFFERS = {
    "corei7_icelake_u": {"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"},
    "corei7_skylake_x": {"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl"},
}
COMMANDS = ("bochs", "xorriso")
FILES = {
    "BIOS": ("/usr/share/bochs/BIOS-bochs-latest", "bochsbios"),
    "VGA BIOS": ("/usr/share/bochs/VGABIOS-lgpl-latest", "vgabios"),
    "boot loader": ("/usr/lib/ISOLINUX/isolinux.bin", "isolinux"),
    "its library": ("/usr/lib/syslinux/modules/bios/ldlinux.c32", "syslinux-common"),
    "display": ("/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so", "bochs-term"),
}
# Without xsavec, xsaves, pku: Bochs 2.7 reports sizes of their state that contradict each other,
# whereupon Linux takes away all that needs xsave, AVX among it. Without fsrm, erms: with these string
# instructions Linux 6.1 dies early, its code overwritten (corei7_icelake_u). The rest: quiet and quick.
KERNEL_OPTIONS = ("console=ttyS0,115200 quiet loglevel=4 clearcpuid=xsavec,xsaves,pku,fsrm,erms "
                  "mitigations=off random.trust_cpu=on panic=0")
# The clock is that of the machine itself: it never waits for the real one.
BOCHS = """\
display_library: term
romimage: file={BIOS}
vgaromimage: file={VGA BIOS}
cpu: model={cpu}, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none, time0=utc
memory: guest=512, host=512
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={folder}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={folder}/serial
speaker: enabled=0
sound: driver=dummy
log: {folder}/bochs.log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
"""
ISOLINUX = """\
default linux
prompt 0
label linux
  kernel vmlinuz
  append initrd=initrd {options}
"""


def missing(reason):
    print(f"emulated: not run: {reason}")
    sys.exit(1 if os.environ.get("WEIGHIN_LONG") == "1" else 77)


def find_kernel(folder):
    named = os.environ.get("WEIGHIN_EMULATED_KERNEL")
    installed = sorted(glob.glob("/boot/vmlinuz-*"))
    for path in [named] if named else [str(folder / "vmlinuz"), *reversed(installed)]:
        if os.access(path, os.R_OK):
            return path
    return missing(f"no Linux kernel to boot: tests/emulated/fetch.sh {folder} gets one")


def look_around():
    for command in COMMANDS:
        if shutil.which(command) is None:
            missing(f"{command} is not there (Debian: the package of that name)")
    for what, (path, package) in FILES.items():
        if not os.path.exists(path):
            missing(f"the emulator's {what} {path} is not there (Debian: {package})")


# ---- what the machine boots ----

def libraries(program):
    """Absolute paths of the shared libraries and the loader that a program needs."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    if "not found" in said:
        sys.exit(f"emulated: {program} does not find its libraries:\n{said}")
    return re.findall(r"(/\S+) \(0x", said)


def archive(files):
    """{absolute path: content} as an initramfs: cpio, 'newc' format (kernel:
    Documentation/driver-api/early-userspace/buffer-format.rst)."""
    folders = {str(p) for path in files for p in pathlib.PurePosixPath(path).parents} - {"/"}
    out = bytearray()

    def entry(name, mode, content):
        number = 0 if name == "TRAILER!!!" else len(out) + 1
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        out.extend(b"070701" + b"".join(b"%08X" % field for field in fields))
        for part in (name.encode() + b"\0", content):
            out.extend(part)
            out.extend(bytes(-len(out) % 4))

    for path in sorted(folders):  # a folder sorts before what is in it
        entry(path.lstrip("/"), 0o040755, b"")
    for path, content in files.items():
        entry(path.lstrip("/"), 0o100755, content)
    entry("TRAILER!!!", 0, b"")
    return bytes(out)


def make_image(folder, kernel, init, commands):
    files, lines = {}, []
    programs = [init] + [command.split()[0] for command in commands]
    for program in programs:
        for library in libraries(program):
            files[library] = pathlib.Path(library).read_bytes()
    files["/init"] = pathlib.Path(init).read_bytes()
    for command in commands:
        path, *arguments = command.split()
        name = "/" + os.path.basename(path)
        files[name] = pathlib.Path(path).read_bytes()
        lines.append(" ".join([name, *arguments]))
    files["/programs"] = "".join(line + "\n" for line in lines).encode()
    iso = folder / "iso"
    iso.mkdir()
    (iso / "initrd").write_bytes(archive(files))
    (iso / "isolinux.cfg").write_text(ISOLINUX.format(options=KERNEL_OPTIONS))
    shutil.copy(kernel, iso / "vmlinuz")
    for what in "boot loader", "its library":
        shutil.copy(FILES[what][0], iso)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", folder / "boot.iso",
                    "-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4",
                    "-boot-info-table", iso], check=True, stderr=subprocess.DEVNULL)


# ---- running it ----

def end_with_parent():
    """In the emulator's process: whoever kills this one, as ctest does at its limit, ends both."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def watch_screen(stdout):
    """Reads what nobody looks at, lest the emulator wait for a reader. One with a debugger leaves its
    own terminal to it, draws the screen on another and says on which."""
    for line in stdout:
        screen = re.search(rb'connected to screen "([^"]+)"', line)
        if screen:
            threading.Thread(target=watch_terminal, args=[screen[1]], daemon=True).start()


def watch_terminal(path):
    terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(terminal)
        while os.read(terminal, 65536):
            pass
    except OSError:  # the emulator has closed its end
        pass
    os.close(terminal)


def boot(folder, cpu, seconds):
    """Yields the lines that the machine prints, until it says that it is through or the emulator ends."""
    paths = {what: path for what, (path, _) in FILES.items()}
    (folder / "bochsrc").write_text(BOCHS.format(cpu=cpu, folder=folder, **paths))
    os.mkfifo(folder / "serial")
    # TERM: for the display. Debian's Bochs waits in its debugger for "c", continue; one without a
    # debugger takes it for a key that is pressed.
    bochs = subprocess.Popen(["bochs", "-q", "-f", folder / "bochsrc"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             preexec_fn=end_with_parent, env={**os.environ, "TERM": "linux"})
    threading.Thread(target=watch_screen, args=[bochs.stdout], daemon=True).start()
    limit = threading.Timer(seconds, bochs.kill)
    limit.start()
    # Opening it for both keeps the pipe open before Bochs opens its end and after; so the end of
    # the emulator is waited for by a thread, which says so in the pipe.
    serial = os.open(folder / "serial", os.O_RDWR)

    def ended():
        bochs.wait()
        os.write(serial, b"\nemulated: emulator ended\n")

    watcher = threading.Thread(target=ended)
    watcher.start()
    try:
        bochs.stdin.write(b"c\n")
        bochs.stdin.flush()
        with os.fdopen(os.dup(serial), "r", errors="replace", newline="\n") as lines:
            for line in lines:
                line = line.rstrip("\r\n")
                yield line
                if line in ("emulated: end", "emulated: emulator ended") or "Kernel panic" in line:
                    break
    finally:
        limit.cancel()
        bochs.kill()
        watcher.join()
        os.close(serial)


# ---- judging ----

def judge(lines, commands, cpu):
    """Problems, in words; prints what was shown."""
    problems, text = [], "\n".join(lines)
    flags = re.search(r"^emulated: flags (.*)$", text, re.M)
    flags = set(flags[1].split()) if flags else set()
    lacking = sorted(OFFERS[cpu] - flags)
    print(f"emulated: {cpu} offers: " + " ".join(sorted(f for f in flags if f.startswith("avx"))))
    if lacking:
        problems.append(f"the emulated CPU should offer {' '.join(lacking)}; Linux sees {len(flags)} flags")
    codes = [int(code) for code in re.findall(r"^emulated: exit (\d+)$", text, re.M)]
    if codes != [0] * len(commands):
        problems.append(f"{len(commands)} programs should end with 0; ended with {codes}")
    units = re.findall(r"^unit (\S+): (\d+) kernels, (\d+) runs(?:; this CPU lacks (.*))?$", text, re.M)
    for unit, kernels, runs, lacks in units:
        offered = {flag.replace("_", "") for flag in OFFERS[cpu]}  # as weighin spells them
        print(f"figure: emulated {cpu}, unit {unit}: {kernels} kernels, {runs} runs"
              + (f"; not run: the emulated CPU lacks {lacks}" if lacks else ""))
        if offered & set(lacks.split()) or (not lacks and (int(kernels) == 0 or int(runs) == 0)):
            problems.append(f"unit {unit} was not run, though the emulated CPU offers what it needs")
    if not any(unit == "avx512" and int(runs) > 0 for unit, _, runs, _ in units):
        problems.append("no kernel of the unit avx512 was run")
    return problems


def main():
    parser = argparse.ArgumentParser(description="Runs programs on an emulated CPU.")
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--init", required=True)
    parser.add_argument("--cpu", choices=sorted(OFFERS), default="corei7_icelake_u")
    parser.add_argument("--seconds", type=int, default=3000)
    parser.add_argument("commands", nargs="+")
    options = parser.parse_args()
    look_around()
    folder = options.build.resolve() / "emulated"
    folder.mkdir(exist_ok=True)
    kernel = find_kernel(folder)
    lines = []
    with tempfile.TemporaryDirectory(dir=folder) as work:
        work = pathlib.Path(work)
        make_image(work, kernel, options.init, options.commands)
        for line in boot(work, options.cpu, options.seconds):
            print(line, flush=True)
            lines.append(line)
        if lines[-1] != "emulated: end":
            print((work / "bochs.log").read_text(errors="replace")[-2000:])
    problems = judge(lines, options.commands, options.cpu)
    if lines[-1] != "emulated: end":
        problems.insert(0, f"the machine did not get through within {options.seconds} s: above is what it "
                           "printed, then the emulator's log")
    for problem in problems:
        print("emulated: FAIL:", problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
