/** The file with the settings of a library, in its repository. */
export const configFileName = 'footman-library.yaml'
