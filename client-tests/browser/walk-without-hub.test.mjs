// All pages as an account without a hub sees them.
import { walk } from "./walk.mjs";

walk("quickstart.yaml", "555555555555");
