export { default, globalSetup } from "./lib/jest.cjs";
