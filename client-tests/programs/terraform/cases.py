"""Terraform: the rehearsal of examples/terraform-landing-zone, as the guide runs it. The rehearsal starts its own emulator."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import unittest

REPOSITORY = pathlib.Path(os.environ["REPOSITORY"])
# The path of the provider inside a filesystem mirror.
PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0"
MIRRORS = ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", *sorted(glob.glob("/opt/*"))]
CHECKS = ["cannot leave", "findings of other Regions", "second plan is empty", "nothing of the module remains"]


def mirror():
    """The folder with the provider, or None."""
    folders = [os.environ.get("TERRAFORM_PLUGINS", ""), *MIRRORS]
    return next((folder for folder in folders if folder and pathlib.Path(folder, PROVIDER).is_dir()), None)


def command():
    """The command of the guide."""
    guide = (REPOSITORY / "docs/guides/terraform.md").read_text()
    return re.search(r"<!-- tested: client-tests/programs/terraform/cases.py -->\n```bash\n(.*?)```", guide, re.S).group(1)


class Rehearsal(unittest.TestCase):
    # Rules: NB-35.
    def test_the_rehearsal_of_the_example_passes(self):
        plugins = mirror()
        if not plugins or not shutil.which("terraform"):
            self.skipTest(f"terraform or a mirror with {PROVIDER} is missing")
        # Terraform starts the provider several times for each command. With fewer garbage collections, that takes two thirds
        # of the time.
        variables = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "GOGC": "400"}
        variables["TF_CLI_ARGS_init"] = f"-plugin-dir={plugins}"
        shell = ["bash", "-euo", "pipefail", "-c", command()]
        done = subprocess.run(shell, cwd=REPOSITORY, env=os.environ | variables, capture_output=True, text=True, timeout=500)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        checked = [line for line in done.stdout.splitlines() if line.startswith("checked: ")]
        for check in CHECKS:
            self.assertTrue(any(check in line for line in checked), f"{check}: {done.stdout}")


if __name__ == "__main__":
    unittest.main()
