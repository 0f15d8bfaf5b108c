// All pages as an administrator sees them.
import { walk } from "./walk.mjs";

walk("quickstart.yaml", "111111111111");
