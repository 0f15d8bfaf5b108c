// All pages as a stranger sees them.
import { walk } from "./walk.mjs";

walk("quickstart.yaml", "555555555555");
