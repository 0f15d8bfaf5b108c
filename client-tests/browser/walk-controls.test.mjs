// All pages of a scenario with security standards as an administrator sees them.
import { walk } from "./walk.mjs";

walk("controls.yaml", "111111111111");
