// Stands in for the package of this name inside the bundle. umzug loads it for a command line of its own, which the product
// never runs; the real one costs 20 MB and a tenth of a second at every start of the dashboard.
exports.CommandLineAction = class {}
exports.CommandLineParser = class {}
