"""Guard that keeps a student's code from files, network and other processes: Linux refuses most system calls.

Runs inside the worker, standard library only. ``seccomp`` (Linux 3.5) lets a process give up system calls for good;
whatever Python code does afterwards, opening a file, a socket or a process answers "not permitted". Memory, processor
time and what is written are bounded by ``setrlimit``. The numbers of the calls are those of the kernel's tables for
x86-64 and 64-bit ARM.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

#: Calls of computing, in this order: read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
#: rt_sigreturn sched_yield; mremap madvise nanosleep getpid exit gettimeofday getrusage times sigaltstack gettid futex;
#: sched_getaffinity clock_gettime clock_nanosleep exit_group set_robust_list getcpu getrandom rseq.
_X86 = "0 1 3 5 8 9 10 11 12 13 14 15 24  25 28 35 39 60 96 98 100 131 186 202  204 228 230 231 273 309 318 334"
_ARM = (
    "63 64 57 80 62 222 226 215 214 134 135 139 124  216 233 101 172 93 169 165 153 132 178 98  "
    "123 113 115 94 99 168 278 293"
)
#: By machine: the kernel's name of it (AUDIT_ARCH), and the numbers of the calls.
_MACHINES = {
    name: (audited, tuple(map(int, numbers.split())))
    for name, audited, numbers in (("x86_64", 0xC000003E, _X86), ("aarch64", 0xC00000B7, _ARM))
}
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of the kernel's filter machine
_ALLOW, _NOT_PERMITTED, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_FOREIGN_TABLE = 0x40000000  # numbers from here on are those of another table (x32)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def possible() -> bool:
    """Whether this system can keep a student's code from files and network."""
    return sys.platform == "linux" and platform.machine() in _MACHINES and sys.maxsize > 2**32


def bound(seconds: int, memory: int, written: int) -> None:
    """Bounds the processor time (s), the memory (bytes) and the size of what is written (bytes) of this process."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, written), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))


def give_up_calls() -> None:
    """Gives up every system call but those for computing; it cannot be undone.

    Raises:
        OSError: where the kernel does not take the filter.
    """
    machine, allowed = _MACHINES[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),  # the kernel's name of the machine
        (_JUMP_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_JUMP_IF_AT_LEAST, len(allowed), 0, _FOREIGN_TABLE),
        *((_JUMP_IF_EQUAL, len(allowed) - place, 0, number) for place, number in enumerate(allowed)),
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (
        (_NO_NEW_PRIVILEGES, 1, 0, 0, 0),
        (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")
