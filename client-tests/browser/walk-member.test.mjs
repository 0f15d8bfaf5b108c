// All pages as a member sees them.
import { walk } from "./walk.mjs";

walk("quickstart.yaml", "222222222222");
