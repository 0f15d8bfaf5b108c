export { Account, ControlError, Emulator, StartError, connect, findBinary, start } from "./lib/index.cjs";
