import globalSetupOfJest = require("./lib/jest.cjs");
export default globalSetupOfJest;
export declare const globalSetup: typeof globalSetupOfJest.globalSetup;
