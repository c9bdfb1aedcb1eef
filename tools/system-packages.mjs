// What the tests need from the system: Chromium for the window, PyTorch for training/. Installed where that is allowed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const wanted = [
  {
    name: "Chromium",
    isThere: () => existsSync("/usr/bin/chromium"),
    debian: ["chromium"],
    for: "the tests of the window",
  },
  {
    name: "PyTorch",
    isThere: () =>
      spawnSync("/usr/bin/python3", ["-c", "import torch, numpy, regex, jinja2"], { stdio: "ignore" }).status === 0,
    debian: ["python3-torch", "python3-numpy", "python3-regex", "python3-jinja2", "libopenblas0-pthread"],
    for: "the tests of training/",
  },
  {
    name: "strace",
    isThere: () => spawnSync("strace", ["-V"], { stdio: "ignore" }).status === 0,
    debian: ["strace"],
    for: "the trace of system calls",
  },
];

/** Installs what is missing where apt-get may be used; returns what is still missing, each with the command that would help. */
export function ensureSystemPackages() {
  const missing = wanted.filter((entry) => !entry.isThere());
  const names = missing.flatMap((entry) => entry.debian);
  if (names.length > 0 && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`Installing from the system's packages: ${names.join(" ")} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], {
      stdio: ["ignore", "ignore", "inherit"],
      env,
    });
  }
  return wanted
    .filter((entry) => !entry.isThere())
    .map((entry) => ({ name: entry.name, for: entry.for, command: `sudo apt-get install ${entry.debian.join(" ")}` }));
}
