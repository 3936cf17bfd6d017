Console.WriteLine("scenarios: pipeline");
